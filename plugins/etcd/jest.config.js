export default { displayName: 'etcd', preset: '../../jest.preset.js' };
