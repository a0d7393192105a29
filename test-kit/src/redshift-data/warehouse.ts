/** The clusters and workgroups that exist, each on a PostgreSQL; the roles that UNLOAD may take on. */
import { Client } from "pg";
import { REDSHIFT_FUNCTIONS } from "./redshift-functions.ts";

export interface WarehouseOptions {
  /** address of a PostgreSQL, with a user who may do everything; its database is the default one */
  readonly postgresUrl: string;
  readonly region?: string;
  /** names of databases as clients say them → as PostgreSQL has them; others are the same */
  readonly databases?: Readonly<Record<string, string>>;
  /** role of PostgreSQL as which statements run that come with IAM alone; default the address's user */
  readonly iamUser?: string;
}

export interface Warehouse extends WarehouseOptions {
  readonly kind: "cluster" | "workgroup";
  readonly name: string;
  readonly region: string;
  readonly arn: string;
}

export class Warehouses {
  readonly #all: Warehouse[] = [];
  readonly #prepared = new Map<string, Promise<void>>();
  readonly #region: string;
  readonly #accountId: string;

  constructor({ region, accountId }: { region: string; accountId: string }) {
    this.#region = region;
    this.#accountId = accountId;
  }

  addCluster(name: string, options: WarehouseOptions): Warehouse {
    const region = options.region ?? this.#region;
    return this.#add({ ...options, kind: "cluster", name, region, arn: `arn:aws:redshift:${region}:${this.#accountId}:cluster:${name}` });
  }

  /** Serverless. The ARN of a workgroup has an id that its name doesn't tell. */
  addWorkgroup(name: string, options: WarehouseOptions): Warehouse {
    const region = options.region ?? this.#region;
    return this.#add({ ...options, kind: "workgroup", name, region, arn: `arn:aws:redshift-serverless:${region}:${this.#accountId}:workgroup/6c1a2f0e-0000-4000-8000-${Buffer.from(name).toString("hex").padEnd(12, "0").slice(0, 12)}` });
  }

  #add(warehouse: Warehouse): Warehouse {
    this.#all.push(warehouse);
    return warehouse;
  }

  /** A workgroup by its name or its ARN. */
  find(kind: Warehouse["kind"], name: string, region: string): Warehouse | null {
    return this.#all.find((warehouse) => warehouse.kind === kind && warehouse.region === region && (warehouse.name === name || warehouse.arn === name)) ?? null;
  }

  /** Address of a database, with Redshift's functions installed in it. */
  async urlOf(warehouse: Warehouse, database: string): Promise<URL> {
    const url = new URL(warehouse.postgresUrl);
    url.pathname = `/${warehouse.databases?.[database] ?? database}`;
    let preparing = this.#prepared.get(url.href);
    if (preparing === undefined) {
      preparing = install(url.href);
      this.#prepared.set(url.href, preparing);
      // A database that isn't there yet may be later.
      preparing.catch(() => this.#prepared.delete(url.href));
    }
    await preparing;
    return url;
  }
}

async function install(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  client.on("error", () => {}); // it also rejects the query
  await client.connect();
  try {
    // Two kits on one database would replace the functions at the same time.
    await client.query(`begin; select pg_advisory_xact_lock(7263645); ${REDSHIFT_FUNCTIONS} commit`);
  } finally {
    await client.end();
  }
}
