#!/usr/bin/env node
// What no linter tells: files that import each other in a circle, also by `import type`; packages
// that are imported and not declared; packages that grow beyond what a reader can hold.
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { packageFolders, readJson, root } from './workspace.mjs';

/** Most lines of code, not counting comments and blank lines, of all files but the tests. */
const budgets = { 'framework/interface': 560, 'framework/core': 4_870 };

/** Its few files are copied into core's build, so that users never install it. */
const bundled = { 'framework/core': ['inversify'] };

const isTest = (path) => /\.(test|fixture)\.ts$|[\\/]fixtures[\\/]/.test(path);

/** What is wrong with the packages, a sentence each, and what their sizes are. */
export function inspect() {
  const problems = [];
  const sizes = [];
  for (const folder of packageFolders()) {
    const files = sourcesOf(folder);
    problems.push(...cyclesOf(files), ...undeclaredIn(folder, files));
    const budget = budgets[folder];
    if (budget === undefined) continue;
    const size = files.filter(({ path }) => !isTest(path)).reduce((sum, f) => sum + linesOf(f), 0);
    sizes.push(`${folder}: ${size} of ${budget} lines of code`);
    if (size > budget) problems.push(`${folder} has ${size} lines of code; ${budget} is the most`);
  }
  return { problems, sizes };
}

function sourcesOf(folder) {
  const source = join(root, folder, 'src');
  let names;
  try {
    names = readdirSync(source, { recursive: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(source, name);
      const text = readFileSync(path, 'utf8');
      const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
      return { path, text, imports };
    });
}

function cyclesOf(files) {
  const targets = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((name) => name.startsWith('.')).map((name) => join(dirname(path), name)),
    ]),
  );
  const found = [];
  const done = new Set();
  const visit = (path, trail) => {
    if (trail.includes(path)) {
      const circle = [...trail.slice(trail.indexOf(path)), path];
      found.push(`cycle: ${circle.map((step) => relative(root, step)).join(' → ')}`);
    } else if (!done.has(path)) {
      for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of targets.keys()) visit(path, []);
  return found;
}

/** npm makes every package of the workspace visible to every other; users have only what is declared. */
function undeclaredIn(folder, files) {
  const { name, dependencies, peerDependencies, devDependencies } = readJson(
    `${folder}/package.json`,
  );
  const atRun = new Set([
    name,
    ...Object.keys({ ...dependencies, ...peerDependencies }),
    ...(bundled[folder] ?? []),
  ]);
  const inTests = new Set([
    ...atRun,
    ...Object.keys({ ...devDependencies, ...readJson('package.json').devDependencies }),
  ]);
  return files.flatMap(({ path, imports }) =>
    imports
      .filter((target) => !target.startsWith('.') && !isBuiltin(target))
      .map((target) => /^(@[^/]+\/)?[^/]+/.exec(target)[0])
      .filter((target) => !(isTest(path) ? inTests : atRun).has(target))
      .map((target) => `${relative(root, path)} imports ${target}, not declared by ${name}`),
  );
}

/** Lines that hold code. */
function linesOf({ path, text }) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const lines = new Set();
  const visit = (node) => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(source);
    if (children.length > 0) return children.forEach(visit);
    const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line;
    if (node.getEnd() === node.getStart(source)) return;
    for (let line = lineAt(node.getStart(source)); line <= lineAt(node.getEnd()); line++)
      lines.add(line);
  };
  visit(source);
  return lines.size;
}

if (process.argv[1] === import.meta.filename) {
  const { problems, sizes } = inspect();
  for (const text of [...sizes, ...problems]) console.log(text);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
