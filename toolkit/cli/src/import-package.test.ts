import { importPackage } from './import-package.ts';

it('says how a package is installed that is not there', async () => {
  await expect(importPackage('@micro-ts/nothing')).rejects.toThrow('npm install @micro-ts/nothing');
});
