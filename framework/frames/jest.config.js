export default { displayName: 'frames', preset: '../../jest.preset.js' };
