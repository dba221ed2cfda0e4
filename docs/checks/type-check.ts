// All TypeScript of all documents, in one program of the compiler.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { place, root } from './documents.ts';
import type { Block, Document } from './documents.ts';
import { filesOf, makeFolder, write, writeProject } from './project.ts';

/** Where a file comes from. */
interface Origin {
  readonly document: Document;
  readonly block: Block;
  /** Lines that stand before the block in the file. */
  readonly before: number;
}

/** What a fragment leaves unused, it shows to the reader. */
const unused: ReadonlySet<number> = new Set([6133, 6192, 6196, 6198, 6199]);

/** The workspace's own options, for programs that are only looked at. */
function compilerOptions(): ts.CompilerOptions {
  const read = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const config = read.config as { readonly compilerOptions: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return { ...options, composite: false, declarationMap: false, sourceMap: false, noEmit: true };
}

/** What the compiler says, each with its place in the document. */
export function typeCheck(documents: readonly Document[]): readonly string[] {
  const folder = makeFolder();
  try {
    const origins = new Map<string, Origin>();
    for (const document of documents) writeAll(document, folder, origins);
    const program = ts.createProgram([...origins.keys()], compilerOptions());
    return [...origins].flatMap(([path, origin]) => complaints(program, path, origin));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isChecked = ({ language, info }: Block): boolean =>
  (language === 'ts' || language === 'typescript') && !info.has('no-check');

function writeAll(document: Document, folder: string, origins: Map<string, Origin>): void {
  const blocks = document.blocks.filter(isChecked);
  if (blocks.length === 0) return;
  const project = writeProject(document, folder);
  for (const [name, block] of filesOf(document))
    if (isChecked(block)) origins.set(join(project, name), { document, block, before: 0 });
  for (const block of blocks.filter(({ info }) => !info.has('file'))) {
    const text = `${block.given}\nexport {};\n${block.text}\n`;
    const path = write(project, `line-${block.line}.ts`, text);
    origins.set(path, { document, block, before: block.given.split('\n').length + 1 });
  }
}

function complaints(program: ts.Program, path: string, origin: Origin): readonly string[] {
  const file = program.getSourceFile(path);
  if (file === undefined) return [`${path} is not in the program`];
  const { document, block, before } = origin;
  const fragment = !block.info.has('file');
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    .filter(({ code }) => !(fragment && unused.has(code)))
    .map(({ start = 0, code, messageText }) => {
      const { line } = file.getLineAndCharacterOfPosition(start);
      const text = ts.flattenDiagnosticMessageText(messageText, '\n  ');
      return `${place(document, Math.max(block.line, block.line + line - before))}: TS${code} ${text}`;
    });
}
