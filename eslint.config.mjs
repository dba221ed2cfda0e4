// What a reader relies on: layers, no `any`, no lost promise, files and functions of a readable size.
// Cycles, undeclared imports and the sizes of packages are found by scripts/structure.mjs.
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** A package imports lower layers only: core and the plugins, both of layer 2, not each other. */
const layers = [0, 1, 2, 3, 4, 5, 6, 7].map((layer) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: Array.from({ length: layer }, (_, lower) => `layer:${lower}`),
}));

/** The same, and the neighbours. */
const layersAndNeighbours = layers.map(({ sourceTag, onlyDependOnLibsWithTags }) => ({
  sourceTag,
  onlyDependOnLibsWithTags: [...onlyDependOnLibsWithTags, sourceTag],
}));

/** What somebody imports lazily, others may import at once: the container of plugins is such a one. */
const boundaries = (depConstraints, options = {}) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { depConstraints, checkDynamicDependenciesExceptions: ['.*'], ...options },
  ],
});

const deepImports = {
  group: ['@micro-ts/*/*', '!@micro-ts/testing/servers', 'micro-ts/*', '!micro-ts/words'],
  message: 'Packages are imported by their name alone.',
};
const container = {
  group: ['inversify', 'inversify/*', '@inversifyjs/*'],
  message: 'Only framework/core/src/inversify.ts and container.ts know the container.',
};
const restricted = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

const tests = ['**/*.test.ts', '**/*.fixture.ts', '**/fixtures/**/*.ts'];

export default tseslint.config(
  { ignores: ['**/dist', '**/coverage', '**/.nx', '**/.cache', '**/node_modules'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.mts', '**/*.tsx'],
    extends: [...tseslint.configs.recommended],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...boundaries(layers),
      ...restricted(deepImports, container),
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['framework/core/src/inversify.ts', 'framework/core/src/container.ts'],
    rules: restricted(deepImports),
  },
  {
    // Frames send go-micro's errors, which are written in wire alone; a bus carries frames.
    files: ['framework/frames/src/**/*.ts', 'framework/bus/src/**/*.ts'],
    rules: boundaries(layersAndNeighbours),
  },
  {
    // Core is tried with the memory plugin.
    files: tests,
    rules: {
      ...boundaries(layersAndNeighbours),
      'max-lines': 'off',
      'max-lines-per-function': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    extends: [tseslint.configs.base],
    rules: {
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'prefer-const': 'error',
      eqeqeq: ['error', 'always'],
    },
  },
);
