-- AlterTable
ALTER TABLE "Client" ADD COLUMN     "pairwiseSector" TEXT,
ADD COLUMN     "userinfoSignedResponseAlg" TEXT;

-- AlterTable
ALTER TABLE "Grant" ADD COLUMN     "claims" JSONB;

-- CreateTable
CREATE TABLE "SubjectSecret" (
    "id" INTEGER NOT NULL,
    "secret" TEXT NOT NULL,

    CONSTRAINT "SubjectSecret_pkey" PRIMARY KEY ("id")
);
