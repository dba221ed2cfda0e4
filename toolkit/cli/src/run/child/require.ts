import { readFileSync } from 'node:fs';
import Module from 'node:module';
import { compile } from './compile.ts';
import { isInstalled, isTypeScript } from './format.ts';

interface Compiling extends NodeJS.Module {
  _compile(code: string, filename: string): void;
}
type Extension = (module: Compiling, filename: string) => void;

/** Lets `require` load TypeScript. @param told of each file of the program's own */
export function extendRequire(told: (file: string) => void): void {
  const extensions = Reflect.get(Module, '_extensions') as Record<string, Extension>;
  for (const extension of ['.js', '.json']) {
    const usual = extensions[extension] as Extension;
    extensions[extension] = (module, filename) => {
      if (!isInstalled(filename)) told(filename);
      usual(module, filename);
    };
  }
  const typescript: Extension = (module, filename) => {
    if (!isTypeScript(filename)) return;
    told(filename);
    module._compile(compile(filename, readFileSync(filename, 'utf8'), 'commonjs'), filename);
  };
  for (const extension of ['.ts', '.cts', '.mts', '.tsx']) extensions[extension] = typescript;
}
