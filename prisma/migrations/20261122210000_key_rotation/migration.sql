-- AlterTable
ALTER TABLE "Account" ADD COLUMN     "isKeyAdmin" BOOLEAN NOT NULL DEFAULT false;

-- Until now every administrator looked after the keys.
UPDATE "Account" SET "isKeyAdmin" = "isAdmin";

-- AlterTable
ALTER TABLE "Client" ADD COLUMN     "idTokenSignedResponseAlg" TEXT NOT NULL DEFAULT 'RS256',
ADD COLUMN     "keyEventsUri" TEXT;

-- CreateTable
CREATE TABLE "KeySighting" (
    "clientId" TEXT NOT NULL,
    "instance" TEXT NOT NULL,
    "kids" TEXT[],
    "seenAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "KeySighting_pkey" PRIMARY KEY ("clientId","instance")
);

-- CreateTable
CREATE TABLE "KeyRefusal" (
    "kid" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "instance" TEXT NOT NULL,
    "refusedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "KeyRefusal_pkey" PRIMARY KEY ("kid","clientId","instance")
);

-- CreateTable
CREATE TABLE "KeyProbe" (
    "clientId" TEXT NOT NULL,
    "kid" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "outcome" TEXT NOT NULL,
    "problem" TEXT,

    CONSTRAINT "KeyProbe_pkey" PRIMARY KEY ("clientId","kid")
);

-- CreateTable
CREATE TABLE "KeyRevocationRequest" (
    "id" TEXT NOT NULL,
    "kid" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "refreshTokens" TEXT NOT NULL,
    "requestedBy" TEXT NOT NULL,
    "requestedAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "decidedBy" TEXT,
    "decidedAt" TIMESTAMPTZ(3),

    CONSTRAINT "KeyRevocationRequest_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Delivery" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "nextAttemptAt" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "deliveredAt" TIMESTAMPTZ(3),
    "problem" TEXT,

    CONSTRAINT "Delivery_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "KeySighting_expiresAt_idx" ON "KeySighting"("expiresAt");

-- CreateIndex
CREATE INDEX "KeyRevocationRequest_expiresAt_idx" ON "KeyRevocationRequest"("expiresAt");

-- CreateIndex
CREATE INDEX "Delivery_clientId_idx" ON "Delivery"("clientId");

-- CreateIndex
CREATE INDEX "Delivery_expiresAt_idx" ON "Delivery"("expiresAt");

-- AddForeignKey
ALTER TABLE "KeySighting" ADD CONSTRAINT "KeySighting_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES "Client"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "KeyRefusal" ADD CONSTRAINT "KeyRefusal_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES "Client"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "KeyProbe" ADD CONSTRAINT "KeyProbe_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES "Client"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES "Client"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is still to be sent: the sender asks for it every second.
CREATE INDEX "Delivery_open_idx" ON "Delivery"("nextAttemptAt") WHERE "deliveredAt" IS NULL;
