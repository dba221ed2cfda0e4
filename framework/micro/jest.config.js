export default { displayName: 'micro', preset: '../../jest.preset.js' };
