#!/usr/bin/env node
// Runs a command under another Node: node scripts/node.mjs 24 -- COMMAND …
// The binary comes from npm and is kept in a cache folder outside the checkout.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { npm } from './install.mjs';
import { main, secondsSince, start, Stop } from './run-command.mjs';

/** The versions that the tests are run under, beside the one on the machine. */
const versions = { 22: '22.23.3', 24: '24.21.0' };

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'micro-ts', 'node');

/** The environment in which `node` is of that version; downloads it the first time. */
export async function environmentOf(major) {
  const version = versions[major];
  if (version === undefined)
    throw new Stop(`Node ${major} is not known here; these are: ${Object.keys(versions)}`);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const folder = join(cache, version);
  if (!existsSync(folder)) await download(name, version, folder);
  const bin = join(folder, 'node_modules', name, 'bin');
  // npm's own variable would lead back to the Node that is running now.
  const { npm_node_execpath: _, NODE: __, ...environment } = process.env;
  return { ...environment, PATH: `${bin}${delimiter}${process.env.PATH}` };
}

async function download(name, version, folder) {
  console.log(`Fetching Node ${version} …`);
  const began = performance.now();
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(join(cache, 'new-'));
  try {
    writeFileSync(join(making, 'package.json'), '{ "private": true }');
    const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
    await npm(['install', `${name}@${version}`, ...options], making);
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  console.log(`  done in ${secondsSince(began)}`);
}

if (process.argv[1] === import.meta.filename)
  await main(async () => {
    const [major, ...rest] = process.argv.slice(2);
    const [command, ...args] = rest[0] === '--' ? rest.slice(1) : rest;
    if (command === undefined) throw new Stop('usage: node scripts/node.mjs 22|24 -- COMMAND …');
    const env = await environmentOf(major);
    return start(command, args, { env, cwd: process.cwd() }).ended;
  });
