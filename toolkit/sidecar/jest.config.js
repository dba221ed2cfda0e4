export default { displayName: 'sidecar', preset: '../../jest.preset.js' };
