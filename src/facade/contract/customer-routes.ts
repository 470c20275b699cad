import { byId, everyone, inCharge, nothing, staff } from "./access.ts";
import {
  customerChangeInputSchema,
  customerDetailSchema,
  customerListInputSchema,
  customerListSchema,
  customerSavedSchema,
  customerTableInputSchema,
  importedSchema,
  importInputSchema,
  mergeInputSchema,
  newCustomerInputSchema,
  type WireCustomer,
} from "./customer.ts";
import { etagOfCustomer } from "./present-customer.ts";
import { route } from "./route.ts";

const etagOfSaved = ({ customer }: { readonly customer: WireCustomer }): string =>
  etagOfCustomer(customer);

/** Customers, and what there was with them. */
export const customerRoutes = {
  listCustomers: route({
    method: "GET",
    path: "/api/customers",
    tag: "customers",
    summary: "Customers, newest first unless told otherwise; looked for by name or number",
    who: everyone,
    params: nothing,
    input: customerListInputSchema,
    reply: { kind: "json", status: 200, schema: customerListSchema },
  }),
  customerTable: route({
    method: "GET",
    path: "/api/customers.csv",
    tag: "customers",
    summary: "Customers as a table, which can be imported again",
    who: inCharge,
    params: nothing,
    input: customerTableInputSchema,
    reply: { kind: "csv" },
  }),
  createCustomer: route({
    method: "POST",
    path: "/api/customers",
    tag: "customers",
    summary: "Add a customer who has not called yet",
    who: staff,
    params: nothing,
    input: newCustomerInputSchema,
    reply: { kind: "json", status: 201, schema: customerSavedSchema, etagOf: etagOfSaved },
  }),
  importCustomers: route({
    method: "POST",
    path: "/api/customers/import",
    tag: "customers",
    summary: "Add and change customers by a table; with any fault nothing is stored",
    who: inCharge,
    params: nothing,
    input: importInputSchema,
    inputFrom: "csv",
    reply: { kind: "json", status: 200, schema: importedSchema },
  }),
  getCustomer: route({
    method: "GET",
    path: "/api/customers/{id}",
    tag: "customers",
    summary: "One customer with her calls and tickets; of one who was merged, the one who stayed",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: customerDetailSchema, etagOf: etagOfCustomer },
  }),
  updateCustomer: route({
    method: "PATCH",
    path: "/api/customers/{id}",
    tag: "customers",
    summary: "Change a customer",
    who: staff,
    params: byId,
    input: customerChangeInputSchema,
    ifMatch: true,
    reply: { kind: "json", status: 200, schema: customerSavedSchema, etagOf: etagOfSaved },
  }),
  mergeCustomers: route({
    method: "POST",
    path: "/api/customers/{id}/merge",
    tag: "customers",
    summary: "Make two customers one: numbers, calls and tickets of the other become hers",
    who: inCharge,
    params: byId,
    input: mergeInputSchema,
    reply: { kind: "json", status: 200, schema: customerSavedSchema, etagOf: etagOfSaved },
  }),
};
