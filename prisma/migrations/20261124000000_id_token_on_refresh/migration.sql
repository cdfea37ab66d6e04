-- AlterTable
ALTER TABLE "Client" ADD COLUMN "idTokenOnRefresh" BOOLEAN NOT NULL DEFAULT false;
