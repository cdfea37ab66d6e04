import { randomInt } from "node:crypto";

/** 256 plain words, so that each stands for eight bits. */
const WORDS = `
acorn almond amber anchor apple apron arrow aspen atlas autumn badge bagel baker balsa bamboo
banjo barley basil basket beacon beaver bell berry birch biscuit blanket bloom bobbin bonnet
border bottle boulder bramble brass breeze brick bridge bronze brook broom bucket buckle bugle
butter button cabin cactus camel candle canoe canvas canyon carrot castle cedar cello chalk
cherry chestnut chimney cider cinnamon clay cliff cloak clover cobalt comet compass copper coral
cork cotton cousin cradle crane crayon cricket crystal daisy dapple delta denim desert dolphin
donkey dragon drum dune eagle easel echo elder elm ember engine fable falcon feather fennel
ferry fiddle fig finch flannel flask flint flute forest fossil fountain foxglove galaxy garden
garlic garnet gazebo ginger glacier globe goose gravel guitar hammock harbor harp harvest hazel
heron hickory hinge honey horizon hornet igloo indigo island ivory ivy jacket jade jasmine
jigsaw jungle juniper kayak kettle kitten ladder lagoon lantern lark lattice laurel lavender
ledge lemon lentil lichen lilac linen lizard locket lotus lumber lupine magnet mango maple
marble marigold marsh meadow melon mercury meteor mint mirror mitten mosaic moss mustard nectar
needle nettle nickel nutmeg oasis oboe ocean olive onyx opal orchard orchid otter oyster paddle
pansy papaya paper parsley pastry pebble pepper piano pickle pigeon pillow pine planet plum
pocket pond poplar poppy prairie prism pumpkin quarry quartz quilt rabbit radish raven reed
ribbon ridge river robin rocket rosemary ruby saddle saffron sage salmon sandal sapphire satin
saucer shell silver sparrow spruce starling stone sugar sunset swallow swan tangerine teapot
thicket thimble thistle
`
  .trim()
  .split(/\s+/);

/**
 * A passphrase for a made-up person: five random words, 40 bits. Enough behind the sign-in throttle
 * for accounts that live on loopback; a person's own password is theirs to choose.
 */
export const newPassphrase = (): string =>
  Array.from({ length: 5 }, () => WORDS[randomInt(WORDS.length)]).join("-");
