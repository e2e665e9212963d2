// An OpenID Connect provider on loopback, for the tests of sign-in: consents by itself, tells ProConnect-like claims,
// and misbehaves on demand. POST /control sets what it says next; GET /seen tells what it was asked.
import http from "node:http";
import { Provider } from "oidc-provider";
import * as jose from "jose";

const ours = await jose.generateKeyPair("RS256", { extractable: true });
const stranger = await jose.generateKeyPair("RS256", { extractable: true });
const key = { ...(await jose.exportJWK(ours.privateKey)), kid: "ours", alg: "RS256", use: "sig" };

let account = {};
let login = {};
let alter = null; // {set, drop, alg: "none" | "stranger" | "HS256"}: how the next ID tokens are spoilt
let broken = []; // paths that answer 500
const seen = { authorizations: [], tokens: [], logoutTokens: [] };

const server = http.createServer((request, response) => handle(request, response));
await new Promise((ready) => server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  pkce: { required: () => true },
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }), // loopback too
  scopes: ["openid", "offline_access"],
  acrValues: ["eidas1", "eidas2", "eidas3"],
  claims: {
    openid: ["sub"], email: ["email"], given_name: ["given_name"], usual_name: ["usual_name"], uid: ["uid"],
    siret: ["siret"], groups: ["groups"], amr: null, acr: null,
  },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => { ctx.body = `<!doctype html><title>out</title>${form}`; },
    },
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ["the tests' own"] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ ...account, sub: id }) }),
  renderError: (ctx, out) => { ctx.type = "json"; ctx.body = out; },
});

provider.use(async (ctx, next) => {
  if (ctx.path === "/auth" && ctx.method === "GET") seen.authorizations.push({ ...ctx.query });
  await next();
  if (ctx.path === "/token" && ctx.body?.id_token) {
    seen.tokens.push({ ...ctx.oidc.params });
    if (alter) ctx.body.id_token = await spoil(ctx.body.id_token);
  }
});

async function spoil(token) {
  const claims = { ...jose.decodeJwt(token), ...(alter.set ?? {}) };
  for (const name of alter.drop ?? []) delete claims[name];
  if (alter.alg === "none") return new jose.UnsecuredJWT(claims).encode();
  if (alter.alg === "HS256") {
    // The classic confusion: the public key taken for a shared secret.
    const secret = new TextEncoder().encode(await jose.exportSPKI(ours.publicKey));
    return new jose.SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "ours" }).sign(secret);
  }
  const signer = alter.alg === "stranger" ? stranger.privateKey : ours.privateKey;
  return new jose.SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "ours" }).sign(signer);
}

async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (login.error) return provider.interactionFinished(request, response, login);
  if (prompt.name === "login") return provider.interactionFinished(request, response, { login });
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(" ") || params.scope);
  grant.addOIDCClaims(prompt.details.missingOIDCClaims ?? []);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

provider.on("backchannel.error", (_ctx, error) => console.error(error));
provider.on("server_error", (_ctx, error) => console.error(error));

const callback = provider.callback();

async function handle(request, response) {
  const path = new URL(request.url, issuer).pathname;
  try {
    if (path === "/control") {
      let body = "";
      for await (const chunk of request) body += chunk;
      ({ account = account, login = login, alter = null, broken = [] } = JSON.parse(body));
      return response.end("{}");
    }
    if (path === "/captured") {
      let body = "";
      for await (const chunk of request) body += chunk;
      seen.logoutTokens.push(new URLSearchParams(body).get("logout_token"));
      return response.end();
    }
    if (path === "/seen") return response.end(JSON.stringify(seen));
    if (broken.includes(path)) { response.statusCode = 500; return response.end("broken on purpose"); }
    if (path.startsWith("/interaction/")) return await interact(request, response);
    return callback(request, response);
  } catch (error) {
    response.statusCode = 500;
    return response.end(String(error?.stack ?? error));
  }
}

console.log(JSON.stringify({ issuer }));
