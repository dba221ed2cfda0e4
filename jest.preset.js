// Every test runs from source: SWC turns our TypeScript, and packages that are ESM only, into CommonJS.
const swc = (parser, isModule) => [
  require.resolve('@swc/jest'),
  {
    swcrc: false,
    sourceMaps: 'inline',
    isModule,
    module: { type: 'commonjs' },
    jsc: {
      target: 'es2022',
      parser,
      keepClassNames: true,
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
  },
];

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  setupFiles: [require.resolve('reflect-metadata')],
  testEnvironmentOptions: { customExportConditions: ['@micro-ts/source', 'node', 'node-addons'] },
  transform: {
    '\\.ts$': swc({ syntax: 'typescript', decorators: true }, true),
    '\\.m?js$': swc({ syntax: 'ecmascript' }, 'unknown'),
  },
  transformIgnorePatterns: [],
};
