-- AlterTable
ALTER TABLE "Client" ADD COLUMN     "jwks" JSONB,
ADD COLUMN     "jwksUri" TEXT,
ADD COLUMN     "tokenEndpointAuthSigningAlg" TEXT;

-- CreateTable
CREATE TABLE "UsedJti" (
    "jtiHash" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "UsedJti_pkey" PRIMARY KEY ("jtiHash")
);

-- CreateIndex
CREATE INDEX "UsedJti_expiresAt_idx" ON "UsedJti"("expiresAt");
