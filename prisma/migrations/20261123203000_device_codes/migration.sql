-- CreateTable
CREATE TABLE "DeviceCode" (
    "codeHash" TEXT NOT NULL,
    "userCodeHash" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "scopes" TEXT[],
    "resources" TEXT[],
    "placeHash" TEXT NOT NULL,
    "intervalSeconds" INTEGER NOT NULL,
    "polledAt" TIMESTAMPTZ(3),
    "answer" TEXT,
    "grantId" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "DeviceCode_pkey" PRIMARY KEY ("codeHash")
);

-- CreateIndex
CREATE UNIQUE INDEX "DeviceCode_userCodeHash_key" ON "DeviceCode"("userCodeHash");

-- CreateIndex
CREATE INDEX "DeviceCode_clientId_createdAt_idx" ON "DeviceCode"("clientId", "createdAt");

-- CreateIndex
CREATE INDEX "DeviceCode_clientId_placeHash_createdAt_idx" ON "DeviceCode"("clientId", "placeHash", "createdAt");

-- CreateIndex
CREATE INDEX "DeviceCode_grantId_idx" ON "DeviceCode"("grantId");

-- CreateIndex
CREATE INDEX "DeviceCode_expiresAt_idx" ON "DeviceCode"("expiresAt");

-- AddForeignKey
ALTER TABLE "DeviceCode" ADD CONSTRAINT "DeviceCode_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES "Client"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DeviceCode" ADD CONSTRAINT "DeviceCode_grantId_fkey" FOREIGN KEY ("grantId") REFERENCES "Grant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
