export default { displayName: 'interface', preset: '../../jest.preset.js' };
