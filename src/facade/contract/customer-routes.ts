import { byId, everyone, nothing, staff } from "./access.ts";
import {
  customerChangeInputSchema,
  customerDetailSchema,
  customerListInputSchema,
  customerListSchema,
  customerSavedSchema,
  newCustomerInputSchema,
} from "./customer.ts";
import { route } from "./route.ts";

/** Customers, and what there was with them. */
export const customerRoutes = {
  listCustomers: route({
    method: "GET",
    path: "/api/customers",
    tag: "customers",
    summary: "Customers, newest first; looked for by name or number",
    who: everyone,
    params: nothing,
    input: customerListInputSchema,
    reply: { kind: "json", status: 200, schema: customerListSchema },
  }),
  createCustomer: route({
    method: "POST",
    path: "/api/customers",
    tag: "customers",
    summary: "Add a customer who has not called yet",
    who: staff,
    params: nothing,
    input: newCustomerInputSchema,
    reply: { kind: "json", status: 201, schema: customerSavedSchema },
  }),
  getCustomer: route({
    method: "GET",
    path: "/api/customers/{id}",
    tag: "customers",
    summary: "One customer with her calls and tickets",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: customerDetailSchema },
  }),
  updateCustomer: route({
    method: "PATCH",
    path: "/api/customers/{id}",
    tag: "customers",
    summary: "Give a customer another name",
    who: staff,
    params: byId,
    input: customerChangeInputSchema,
    reply: { kind: "json", status: 200, schema: customerSavedSchema },
  }),
};
