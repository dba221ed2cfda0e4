import { transformSync } from '@swc/core';
import type { Options } from '@swc/core';
import type { Format } from './format.ts';
import { optionsFor } from './tsconfig.ts';

/**
 * JavaScript of a file of TypeScript, with its map. Decorators are as its `tsconfig.json` has them,
 * metadata included; without one they are those that Nest and class-validator use.
 * @throws for a mistake in the syntax, with its place
 */
export function compile(filename: string, source: string, format: Format): string {
  const given = optionsFor(filename);
  const legacy = given === undefined || given.experimentalDecorators === true;
  const target = given?.target?.toLowerCase();
  const modern = target === undefined || /^es(next|202[2-9]|20[3-9]\d)$/.test(target);
  const options: Options = {
    filename,
    swcrc: false,
    configFile: false,
    sourceMaps: 'inline',
    module: { type: format === 'module' ? 'es6' : 'commonjs', ignoreDynamic: true },
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true, tsx: filename.endsWith('x') },
      transform: {
        legacyDecorator: legacy,
        decoratorMetadata: given === undefined || given.emitDecoratorMetadata === true,
        // SWC 1.16 breaks accessors in its later form of standard decorators.
        ...(!legacy && { decoratorVersion: '2022-03' }),
        useDefineForClassFields: given?.useDefineForClassFields ?? modern,
        verbatimModuleSyntax: given?.verbatimModuleSyntax ?? false,
        react: {
          runtime: given?.jsx === 'react' ? 'classic' : 'automatic',
          ...(given?.jsxImportSource !== undefined && { importSource: given.jsxImportSource }),
        },
      },
    },
  };
  try {
    return transformSync(source, options).code;
  } catch (error) {
    throw mistake(error);
  }
}

/** What is wrong and where; how the compiler came to find it helps nobody. */
function mistake(error: unknown): SyntaxError {
  const text = error instanceof Error ? error.message : String(error);
  const shown = new SyntaxError(text.split(/\n+Caused by:/, 1)[0]?.trim());
  shown.stack = `SyntaxError: ${shown.message}`;
  return shown;
}
