console.log('native addon: nothing to build yet');
