export { defineCommand } from './command.ts';
export type { Command, CommandContext, InputSchema, Micro, Permission } from './command.ts';
export type { Output, Table } from './output.ts';
export { defineToolkitApp } from './toolkit-app.ts';
export type { OptionsSchema, RunningApp, ToolkitApp } from './toolkit-app.ts';
