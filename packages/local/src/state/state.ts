import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CloudError } from '../errors/cloud-error.ts';

/**
 * The state of the embedded cloud outside its emulators: positions in streams, secrets, keys of the issuer, archives of
 * topics, and data of the stand-ins. It survives a restart if the cloud has a data folder.
 */
export interface State {
  position(mapping: string): string | undefined;
  savePosition(mapping: string, sequenceNumber: string): void;
  database: DatabaseSync;
  close(): void;
}

/**
 * Opens the state in a data folder, or in memory. While the database is open, it is locked, which prevents a second
 * cloud from using the folder. The lock is released when the process ends, even if the process is killed.
 */
export function openState(folder: string | undefined): State {
  const database = open(folder);
  const select = database.prepare('SELECT sequence_number FROM positions WHERE mapping = ?');
  const upsert = database.prepare('INSERT OR REPLACE INTO positions (mapping, sequence_number) VALUES (?, ?)');
  return {
    database,
    position: (mapping) => (select.get(mapping) as { sequence_number: string } | undefined)?.sequence_number,
    savePosition: (mapping, sequenceNumber) => void upsert.run(mapping, sequenceNumber),
    close: () => database.close(),
  };
}

/** Creates a folder to which only the owner has access, because the folder contains personal data and keys. */
function createPrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

function open(folder: string | undefined): DatabaseSync {
  try {
    if (folder) createPrivateFolder(folder);
    const database = new DatabaseSync(folder ? join(folder, 'state.db') : ':memory:');
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS positions (mapping TEXT PRIMARY KEY, sequence_number TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS issuer_keys (kid TEXT PRIMARY KEY, jwk TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS secrets (arn TEXT PRIMARY KEY, value TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS archived_topics (topic TEXT PRIMARY KEY, since INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS archive (
        id INTEGER PRIMARY KEY, topic TEXT NOT NULL, published_at INTEGER NOT NULL, entry TEXT NOT NULL
      );
    `);
    // Converts the keys of positions that were saved before 2026-12. These keys begin with the whole ARN of a stream.
    // Current keys begin with the part of the ARN from `table/` on, which does not contain the region.
    database.exec(
      "UPDATE positions SET mapping = substr(mapping, instr(mapping, 'table/')) WHERE mapping LIKE 'arn:%'",
    );
    return database;
  } catch (cause) {
    const { message } = cause as Error;
    if (/locked/.test(message)) {
      throw new CloudError(
        `${folder} is in use by another embedded cloud. Stop that one, or choose another folder: npm start -- --data DIR`,
        { cause },
      );
    }
    throw new CloudError(
      `${folder} cannot be used: ${message}. Delete the folder if you do not need its data, or choose another folder: npm start -- --data DIR`,
      { cause },
    );
  }
}
