export default { displayName: 'greeter', preset: '../../../jest.preset.js' };
