export default { displayName: 'memory', preset: '../../jest.preset.js' };
