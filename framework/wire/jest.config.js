export default { displayName: 'wire', preset: '../../jest.preset.js' };
