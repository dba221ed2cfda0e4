export default { displayName: 'validation', preset: '../../jest.preset.js' };
