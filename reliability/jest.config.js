export default { displayName: 'reliability', preset: '../jest.preset.js' };
