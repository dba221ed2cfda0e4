export default { displayName: 'rabbitmq', preset: '../../jest.preset.js' };
