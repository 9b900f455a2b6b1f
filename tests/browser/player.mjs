// Puts ReplayWeb.page into a directory: what a browser loads of it, and its licence. The version and the digest of the
// package are those of the lock file; what is otherwise is refused.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";

const FILES = { LICENSE: "LICENSE-ReplayWeb.page", "ui.js": "ui.js", "sw.js": "sw.js" };

const target = argv[2];
const lock = JSON.parse(readFileSync(fileURLToPath(new URL("package-lock.json", import.meta.url)), "utf8"));
const { version, integrity } = lock.packages["node_modules/replaywebpage"];
const directory = mkdtempSync(join(tmpdir(), "newsarchive-player-"));
try {
  const told = execFileSync("npm", ["pack", `replaywebpage@${version}`, "--ignore-scripts", "--json", "--silent"], {
    cwd: directory,
    encoding: "utf8",
  });
  const archive = join(directory, JSON.parse(told)[0].filename);
  const [algorithm, digest] = integrity.split(/-(.*)/s);
  if (createHash(algorithm).update(readFileSync(archive)).digest("base64") !== digest) {
    console.error(`replaywebpage ${version} is not the package that the lock file names, by its digest.`);
    exit(1);
  }
  execFileSync("tar", ["-xzf", archive, "-C", directory, ...Object.keys(FILES).map((name) => `package/${name}`)]);
  for (const [packed, name] of Object.entries(FILES)) {
    copyFileSync(join(directory, "package", packed), join(target, `.${name}.new`));
    renameSync(join(target, `.${name}.new`), join(target, name));
  }
  console.log(`ReplayWeb.page ${version} is in ${target}.`);
} finally {
  rmSync(directory, { recursive: true });
}
