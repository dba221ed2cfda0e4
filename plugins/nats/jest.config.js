export default { displayName: 'nats', preset: '../../jest.preset.js' };
