-- CreateTable
CREATE TABLE "GrantCutOff" (
    "id" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "GrantCutOff_pkey" PRIMARY KEY ("id")
);
