/** One condition of a list, in SQL, and the values of its question marks. */
export type Condition = readonly [sql: string, ...values: (string | number)[]];

/** The `WHERE` of a list that meets all of these, empty where there is none, and its values in their order. */
export function whereOf(conditions: readonly Condition[]): {
  readonly where: string;
  readonly values: readonly (string | number)[];
} {
  const all = conditions.map(([sql]) => sql).join(" AND ");
  return {
    where: all === "" ? "" : `WHERE ${all}`,
    values: conditions.flatMap(([, ...values]) => values),
  };
}
