module.exports = {
  displayName: 'docs',
  preset: '../jest.preset.js',
  testMatch: ['<rootDir>/checks/*.test.ts'],
  // The compiler is CommonJS already, and large.
  transformIgnorePatterns: ['/node_modules/typescript/'],
};
