export default { displayName: 'swap', preset: '../../jest.preset.js' };
