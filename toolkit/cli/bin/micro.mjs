#!/usr/bin/env node
import module from 'node:module';

// What Node has compiled once it keeps, from Node 22 on: a command should be there at once.
module.enableCompileCache?.();
// The configuration and its plugins are those of the folder in which the command is given.
process.argv[1] = process.cwd();
const { main } = await import('@micro-ts/cli');
await main(process.argv.slice(2));
