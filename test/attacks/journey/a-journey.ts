// One long journey with everything that can happen in it, watched from beginning to end.
import { API, aClient, aResource } from "../../idp/endpoints/authorize/arranging.ts";
import {
  ADMIN_TOKEN,
  anIdp,
  aPerson,
  REGISTRATION_TOKEN,
  TEST_KEK,
  type TestIdp,
} from "../../support/an-idp.ts";
import { journeyEnvironment, keyCare } from "./key-care.ts";
import { NEW_PASSWORD, operators } from "./operators.ts";
import { people, TYPED_INTO_EMAIL, VERIFIER, WRONG_PASSWORD } from "./people.ts";
import { NEXT_KEK } from "./private-keys.ts";
import { aWitness, type Witness } from "./witness.ts";

export interface Journey extends Witness {
  readonly idp: TestIdp;
}

/** The caller closes `idp`. */
export async function aJourney(): Promise<Journey> {
  const witness = aWitness();
  const { secret } = witness;
  secret("verifier", VERIFIER);
  secret("wrong password", WRONG_PASSWORD);
  secret("new password", NEW_PASSWORD);
  secret("text in the wrong field", TYPED_INTO_EMAIL);
  secret("registration token", REGISTRATION_TOKEN);
  secret("operator token", ADMIN_TOKEN);
  for (const { key } of [TEST_KEK, NEXT_KEK])
    secret("key-encryption key", key.toString("base64url"));

  const idp = await anIdp({
    environment: journeyEnvironment,
    log: (line) => witness.log.push(line),
  });
  const alice = await aPerson(idp);
  const carla = await aPerson(idp, {
    email: "carla@example.test",
    name: "Carla Brandt",
    isAdmin: true,
    isKeyAdmin: true,
  });
  for (const { password } of [alice, carla]) secret("password", password);
  await aResource(idp, API);
  const bank = await aClient(idp, "bank");
  const other = await aClient(idp, "other");
  const stranger = await aClient(idp, "stranger", { firstParty: false });
  for (const client of [bank, other, stranger]) secret("client secret", client.secret);

  const visits = people(idp, witness);
  const acts = operators(idp, witness);
  const care = keyCare(idp, witness);
  await care.remember();
  await visits.signsInWithTrouble(alice, bank);
  await visits.getsTokens(alice, bank, other);
  await visits.answersAStranger(alice, stranger);
  await acts.operate(bank);
  await acts.changeThePassword(alice);
  await care.looksAfterKeys(carla);
  await visits.isTurnedAway(bank);
  return { ...witness, idp };
}
