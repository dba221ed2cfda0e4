export default { displayName: 'commands', preset: '../../jest.preset.js' };
