export default { displayName: 'mdns', preset: '../../jest.preset.js' };
