// A real OpenID provider for one client; whoever types a name of PEOPLE is let in, with any password.
import Provider from "oidc-provider";

const [port, redirect, secret] = process.argv.slice(2);
const PEOPLE = {
  olga: { email: "olga@acme.example", email_verified: true, name: "Olga", groups: ["pmo-admins"] },
  nina: { email: "Nina@acme.example", email_verified: true, name: "Nina", groups: ["readers"] },
  mallory: { email: "olga@acme.example", email_verified: false, name: "Mallory", groups: ["pmo-admins"] },
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "flagstaff", client_secret: secret, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, ...PEOPLE[id] }) }),
  pkce: { required: () => true },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
