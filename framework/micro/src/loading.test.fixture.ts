// Prints the configuration that it finds, or why there is none.
import { loadConfig } from './load-config.ts';

try {
  const { config, file } = await loadConfig();
  console.log(JSON.stringify({ config, file }));
} catch (error) {
  console.log(String(error));
  if (!(error instanceof Error) || error.name !== 'ConfigError') throw error;
}
