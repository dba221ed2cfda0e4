export default { displayName: 'nx', preset: '../../jest.preset.js' };
