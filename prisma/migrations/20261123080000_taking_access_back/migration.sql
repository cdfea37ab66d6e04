-- AlterTable
ALTER TABLE "Client" ADD COLUMN     "backchannelLogoutSessionRequired" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "backchannelLogoutUri" TEXT,
ADD COLUMN     "frontchannelLogoutSessionRequired" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "frontchannelLogoutUri" TEXT;

-- AlterTable
ALTER TABLE "Delivery" ADD COLUMN     "sessionId" TEXT;

-- AlterTable: grants there are get their numbers here.
ALTER TABLE "Grant" ADD COLUMN     "statusNumber" BIGSERIAL NOT NULL;

-- CreateTable
CREATE TABLE "KnownDevice" (
    "accountId" TEXT NOT NULL,
    "deviceHash" TEXT NOT NULL,
    "firstSeenAt" TIMESTAMPTZ(3) NOT NULL,
    "lastSeenAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "KnownDevice_pkey" PRIMARY KEY ("accountId","deviceHash")
);

-- CreateTable
CREATE TABLE "DeletedGrant" (
    "statusNumber" BIGINT NOT NULL,
    "deletedAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "DeletedGrant_pkey" PRIMARY KEY ("statusNumber")
);

-- CreateTable
CREATE TABLE "StatusSecret" (
    "id" INTEGER NOT NULL,
    "secret" TEXT NOT NULL,

    CONSTRAINT "StatusSecret_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "KnownDevice_expiresAt_idx" ON "KnownDevice"("expiresAt");

-- CreateIndex
CREATE INDEX "DeletedGrant_deletedAt_idx" ON "DeletedGrant"("deletedAt");

-- CreateIndex
CREATE INDEX "DeletedGrant_expiresAt_idx" ON "DeletedGrant"("expiresAt");

-- CreateIndex
CREATE INDEX "Delivery_sessionId_idx" ON "Delivery"("sessionId");

-- AddForeignKey
ALTER TABLE "KnownDevice" ADD CONSTRAINT "KnownDevice_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What has arrived is kept to be told of, and is not in the way of what is still to be sent.
CREATE INDEX "Delivery_due" ON "Delivery"("nextAttemptAt") WHERE "deliveredAt" IS NULL;

-- Replicas ask again and again what has ended since, and grants that live are not in their way.
CREATE INDEX "Grant_revoked" ON "Grant"("revokedAt", "statusNumber") WHERE "revokedAt" IS NOT NULL;
