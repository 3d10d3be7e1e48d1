import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HostError, messageOf } from "../../errors.ts";

const applicationId = 0x4675_6e63;
const schemaVersion = 1;
const schema = `
CREATE TABLE instances (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE history (id TEXT, seq INTEGER, event TEXT NOT NULL, PRIMARY KEY (id, seq)) WITHOUT ROWID;
CREATE TABLE inbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, executionId TEXT, event TEXT);
CREATE INDEX inboxOf ON inbox (id, seq);
CREATE TABLE activities (instanceId TEXT, executionId TEXT, taskId INTEGER, name TEXT, input TEXT,
  PRIMARY KEY (instanceId, executionId, taskId)) WITHOUT ROWID;
CREATE TABLE timers (instanceId TEXT, executionId TEXT, timerId INTEGER, fireAt INTEGER,
  PRIMARY KEY (instanceId, executionId, timerId)) WITHOUT ROWID;
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};`;

/** Opens or makes the state file (or `:memory:`). A file that is not ours, damaged or in use is refused and not touched. */
export function openStateFile(file: string): DatabaseSync {
  try {
    if (file !== ":memory:") {
      mkdirSync(dirname(file), { recursive: true });
      // Inputs and outputs of an app are for its user alone. SQLite gives its other files the same mode.
      closeSync(openSync(file, "a", 0o600));
    }
    const database = new DatabaseSync(file);
    try {
      prepare(database, file);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof HostError) throw error;
    const reason = messageOf(error);
    if (reason.includes("locked")) throw new HostError(`state file ${file} is in use by another running host`);
    throw new HostError(`state file ${file} cannot be used, and was left as it is: ${reason}`);
  }
}

/** Takes the file for this process alone, and looks at it before anything is written. */
function prepare(database: DatabaseSync, file: string): void {
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const one = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0];
  const empty = one("SELECT count(*) FROM sqlite_schema") === 0;
  if (!empty && one("PRAGMA application_id") !== applicationId) {
    throw new HostError(`state file ${file} is not a host's state file, and was left as it is`);
  }
  if (!empty && one("PRAGMA user_version") !== schemaVersion) {
    throw new HostError(`state file ${file} was written by another version of the host, and was left as it is`);
  }
  const check = one("PRAGMA quick_check(1)");
  if (check !== "ok") throw new HostError(`state file ${file} is damaged, and was left as it is: ${String(check)}`);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; BEGIN IMMEDIATE; COMMIT",
  );
  if (empty) database.exec(`BEGIN; ${schema} COMMIT`);
}
