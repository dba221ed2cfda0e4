import { rm } from 'node:fs/promises';
import { readDocuments } from './documents.ts';
import { makeFolder, writeProject } from './project.ts';
import { isExecuted, Session } from './session.ts';

describe('what the documents run', () => {
  const folder = makeFolder();
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 20 }));

  const programs = readDocuments().filter(({ blocks }) => blocks.some(isExecuted));

  it.each(programs.map((document) => [document.path, document] as const))(
    '%s does what it says',
    async (_path, document) => {
      const session = new Session(document, writeProject(document, folder));
      try {
        await session.play();
      } finally {
        await session.close();
      }
    },
    600_000,
  );
});
