export default { displayName: 'tls', preset: '../../jest.preset.js' };
