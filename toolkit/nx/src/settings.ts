// Settings that a workspace shares between its services, and a project of its own has inline.

/** Of the compiler: decorators with their metadata, modules as Node has them. */
export const compilerOptions = {
  target: 'es2022',
  lib: ['es2023'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node', 'jest'],
  strict: true,
  isolatedModules: true,
  skipLibCheck: true,
  noEmitOnError: true,
  sourceMap: true,
  declaration: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  rewriteRelativeImportExtensions: true,
};

const swc = (isModule: true | 'unknown', jsc: object) => [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    isModule,
    module: { type: 'commonjs' },
    jsc: { target: 'es2022', keepClassNames: true, ...jsc },
  },
];

/**
 * Of Jest: SWC keeps what decorators know of types, and turns packages that are ESM only into what
 * Jest can load.
 */
export const jestOptions = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  transform: {
    '\\.ts$': swc(true, {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    }),
    '\\.m?js$': swc('unknown', { parser: { syntax: 'ecmascript' } }),
  },
  transformIgnorePatterns: [],
};

/** A JSON file. */
export const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
