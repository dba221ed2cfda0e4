export default { displayName: 'consul', preset: '../../jest.preset.js' };
