#!/usr/bin/env node
import { main } from '@micro-ts/cli';

// The configuration and its plugins are those of the folder in which the command is given.
process.argv[1] = process.cwd();
await main(process.argv.slice(2));
