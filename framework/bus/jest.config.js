export default { displayName: 'bus', preset: '../../jest.preset.js' };
